// Pushes lines through winston-loki, as an application would: node push_winston.js URL json|protobuf COUNT NAME
"use strict";
const winston = require("winston");
const LokiTransport = require("winston-loki");

const [url, encoding, count, name] = process.argv.slice(2);
const transport = new LokiTransport({
  host: url,
  json: encoding === "json",
  labels: { job: name },
  batching: true,
  interval: 1,
  gracefulShutdown: false,
  replaceTimestamp: false,
  useWinstonMetaAsLabels: false,
  format: winston.format.json(),
  onConnectionError: (error) => {
    console.error(String(error));
    process.exitCode = 1;
  },
});
const logger = winston.createLogger({ level: "debug", transports: [transport] });
const levels = ["debug", "info", "warn", "error"];
for (let i = 0; i < Number(count); ++i) {
  logger.log({ level: levels[i % 4], message: `request ${i} was grüßt`, status: 200 + (i % 3), labels: { part: String(i % 2) } });
}
// What is still in the transport's batch is sent before the process ends.
setImmediate(async () => {
  await transport.flush();
  process.exit();
});
