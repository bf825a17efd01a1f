// Reads records from standard input, one JSON a line, and judges them with the official CloudEvents SDK and Ajv; then the
// AsyncAPI documents with their official parser. Writes one JSON: how many of each type were good, and what was not.
// Usage: node witness.mjs CONTRACTS < records.jsonl

import { readFile, readdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { join, parse } from "node:path";
import { Parser, fromFile } from "@asyncapi/parser";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Kafka } from "cloudevents";

const contracts = process.argv[2];
const ajv = addFormats(new Ajv({ strict: true }));
const validators = new Map();
const good = {};
const faults = [];
const MOST_FAULTS = 20;
const PLAIN = ["id", "source", "type", "specversion", "subject", "dataschema", "causationid", "correlationid", "sequence"];

async function validatorOf(type) {
  if (!validators.has(type)) {
    const schema = JSON.parse(await readFile(join(contracts, "schemas", `${type}.json`), "utf8"));
    validators.set(type, ajv.compile(schema));
  }
  return validators.get(type);
}

function differences({ key, headers, value }) {
  const event = Kafka.toEvent({ key, headers, value: Buffer.from(value) });
  event.validate();
  const found = PLAIN.filter((name) => event[name] !== headers[`ce_${name}`]);
  if (event.partitionkey !== key || headers.ce_partitionkey !== key) found.push("partitionkey");
  if (event.datacontenttype !== headers["content-type"]) found.push("datacontenttype");
  if (Date.parse(event.time) !== Date.parse(headers.ce_time)) found.push("time");
  if (JSON.stringify(event.data) !== value) found.push("data");
  return found;
}

async function judge(record) {
  const validate = await validatorOf(record.headers.ce_type);
  const found = differences(record);
  if (!validate(JSON.parse(record.value))) found.push(ajv.errorsText(validate.errors));
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  const record = JSON.parse(line);
  const type = record.headers.ce_type;
  let found;
  try {
    found = await judge(record);
  } catch (error) {
    found = [String(error)];
  }
  if (found.length === 0) good[type] = (good[type] ?? 0) + 1;
  else if (faults.length < MOST_FAULTS) faults.push({ type, id: record.headers.ce_id, found });
}

async function parsed(path) {
  const { document, diagnostics } = await fromFile(new Parser(), path).parse();
  return {
    valid: document !== undefined,
    messages: document?.allMessages().all().length ?? 0,
    operations: document?.allOperations().all().length ?? 0,
    diagnostics: diagnostics.map(({ severity, code, message, path: at }) => ({ severity, code, message, path: at.join("/") })),
  };
}

const asyncapi = await parsed(join(contracts, "asyncapi.yaml"));
const services = {};
for (const file of await readdir(join(contracts, "asyncapi")).catch(() => [])) {
  services[parse(file).name] = await parsed(join(contracts, "asyncapi", file));
}
process.stdout.write(JSON.stringify({ good, faults, asyncapi, services }));
