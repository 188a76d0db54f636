/** What is measured beside each other; the folders of `test/bench/peers`, and `ours`. */
export const candidates = {
  floor: 'the same SQL alone',
  ours: 'Plinth',
  fastify: 'Fastify 5',
  hono: 'Hono 4',
  'hono-rest': 'Hono 4, Redis over REST',
  express: 'Express 5',
  nest: 'NestJS 12',
} as const;

export type Candidate = keyof typeof candidates;
export const names = Object.keys(candidates) as Candidate[];

/** Whose product is compared: all but the floor, which promises nothing. */
export const peers = names.filter((name) => name !== 'floor' && name !== 'ours');

/** The one that calls the same Redis in the same way as ours. */
export const peerOverRest = 'hono-rest' satisfies Candidate;
