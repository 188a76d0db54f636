import { createHash } from 'node:crypto';
import type { Script } from './run-script.ts';

/**
 * KEYS[1] counter, ARGV[1] window in ms -> { requests in the window, ms until it ends }. Integers and flat arrays only,
 * so that it runs the same on Upstash, Redis 7 and the local endpoint.
 */
const source = `
local count = redis.call('INCR', KEYS[1])
local remaining = redis.call('PTTL', KEYS[1])
if count == 1 or remaining < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  remaining = tonumber(ARGV[1])
end
return { count, remaining }
`;

export const gateScript: Script = { source, sha1: createHash('sha1').update(source).digest('hex') };
