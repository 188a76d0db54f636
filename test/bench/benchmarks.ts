/** What `npm run bench -- <name>` knows: each `<name>.bench.ts` in a sentence, and those that `npm run bench` runs. */
export const benchmarks: Readonly<Record<string, string>> = {
  auth: 'What a bearer token adds to a request.',
  backup: 'Backing up a million projects, and restoring them.',
  'cold-start': 'What npm run package made, against a naive bundle of the same packages.',
  database: 'A read through our connections, beside postgres.js and Drizzle alone.',
  gate: 'What a request asks of Redis, beside PING.',
  health: 'Liveness, readiness, and what a look at the dependencies costs.',
  jobs: 'Runs of jobs per second, beside pg-boss and graphile-worker.',
  login: 'Whether the time of an answer tells about an account.',
  memory: 'Memory of one instance over many requests.',
  monitoring: 'What recording a measurement, and answering with an error, costs.',
  peers: 'CPU time of a request beside Express, Fastify, Hono and NestJS.',
  'peers-cold-start': "Their size, initialization and first answer under AWS's runtime client.",
  'peers-http': 'Their latency over HTTP at fixed rates.',
  pipeline: 'The pipeline without I/O, over a bare handler.',
  profile: 'Where the CPU time of a read, a list and a create goes.',
  projects:
    'Plans, pages, counts and writes at a million projects; ends with 1 on a plan that is not promised.',
  'row-level-security': 'What row-level security would cost.',
  scale: 'Lists and reads by size of an organization; latency by number of instances.',
  'simulated-month':
    'All jobs against a simulated clock, with outages; a number behind it says how many days.',
};

export const shortSet = [
  ...[
    'peers',
    'peers-cold-start',
    'peers-http',
    'profile',
    'pipeline',
    'gate',
    'monitoring',
    'memory',
    'scale',
  ],
  'jobs',
];

export const usage = `npm run bench [-- <name> …] [--short] [--report] [--check] [--record]

Without a name: ${shortSet.join(', ')}, at smaller sizes, into docs/benchmarks.

${Object.entries(benchmarks)
  .map(([name, sentence]) => `  ${name.padEnd(20)}${sentence}`)
  .join('\n')}

  --short   the smaller sizes, as without a name
  --report  writes its section of docs/benchmarks/README.md, as without a name
  --check   compares the ratios with test/bench/baseline.json, and ends with 1 when one is worse
  --record  writes them there, the median of three runs`;
