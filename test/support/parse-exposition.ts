import { spawnSync } from 'node:child_process';

export interface ParsedSample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly samples: readonly ParsedSample[];
}

const module = {
  prometheus: 'prometheus_client.parser',
  openmetrics: 'prometheus_client.openmetrics.parser',
};
const python = process.env.PYTHON ?? 'python3';

/** Whether Python and the Prometheus project's own parser are here: .ci/run installs them. */
export const hasPrometheusParser =
  spawnSync(python, ['-c', 'import prometheus_client.openmetrics.parser']).status === 0;

/** The families as the Prometheus project's own parser reads them; throws with its words when it refuses the text. */
export function parseExposition(text: string, format: keyof typeof module): ParsedFamily[] {
  const script = `
import json, sys
from ${module[format]} import text_string_to_metric_families as parse
families = [
  {"name": f.name, "type": f.type, "samples": [{"name": s.name, "labels": s.labels, "value": s.value} for s in f.samples]}
  for f in parse(sys.stdin.read())
]
print(json.dumps(families))`;
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ParsedFamily[];
}
