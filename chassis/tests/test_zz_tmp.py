import asyncio
from uuid import uuid4
from chassis.tests.test_consumer import *
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

class Bad(str):
    def encode(self, *a): return b"\xff\xfe"

async def bad_name(rig, partition):
    b = rig.producer.create_batch()
    py=_DefaultRecordBatchBuilderPy(2,0,0,-1,-1,0,100000)
    py.append(0, None, key=b"k", value=b"v", headers=[(Bad("x"), b"v")])
    b._builder=py; b._relative_offset=1
    f = await rig.producer.send_batch(b, INPUT, partition=partition)
    await f

async def test_names(rig):
    life = await (await rig.live()).becomes_ready()
    good = await rig.submit(100)
    await bad_name(rig, 3)
    for _ in range(20):
        good += await rig.submit(30)
        await asyncio.sleep(0.05)
    try:
        await rig.account(good)
    finally:
        print(life.last_words(20))
        print(await rig.query("select * from positions"), len(good))
        from aiokafka import AIOKafkaConsumer
