// Prints what payment ever said, and goes on: `npm ci`, then `node subscribe.mjs localhost:9092 ../../schemas`
import { readdir, readFile } from "node:fs/promises";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Kafka, logLevel } from "kafkajs";

const [, , brokers, schemas] = process.argv;
const ajv = addFormats(new Ajv());
for (const file of await readdir(schemas)) ajv.addSchema(JSON.parse(await readFile(`${schemas}/${file}`, "utf8")));

const kafka = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: "my-reports-js" });
await consumer.connect();
await consumer.subscribe({ topic: "motcua.payment.events", fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message: { headers, value } }) => {
    const valid = ajv.getSchema(String(headers.ce_dataschema));
    if (!valid) return; // a type or version you do not know yet: skip it
    const event = JSON.parse(value);
    if (!valid(event)) throw new Error(`${headers.ce_id}: ${ajv.errorsText(valid.errors)}`);
    console.log(String(headers.ce_subject), Number(headers.ce_sequence), String(headers.ce_type), JSON.stringify(event));
  },
});
