"""A record that Kafka carries and aiokafka cannot parse: the name of a header is not UTF-8."""

from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from chassis.tests.rig import INPUT, Rig


async def publish_unparsable(rig: Rig, partition: int) -> None:
    builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, 100_000)
    builder.append(0, None, key=b"key", value=b"value", headers=[(_NotUtf8("name"), b"value")])
    batch = rig.producer.create_batch()
    batch._builder, batch._relative_offset = builder, 1
    await (await rig.producer.send_batch(batch, INPUT, partition=partition))


class _NotUtf8(str):
    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return b"\xff\xfe"
