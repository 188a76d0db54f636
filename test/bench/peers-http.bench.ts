import { bundle, installPeers } from './candidates/build.ts';
import { measureHttp } from './candidates/measure-http.ts';
import { withWorld } from './candidates/world.ts';
import { isShort } from './outcome.ts';

// Latency at fixed rates of what peers.bench.ts compares, as servers.
const sizes = isShort
  ? { ratesPerSecond: [100], seconds: 5, rounds: 3, warmUp: 200 }
  : { ratesPerSecond: [100, 300], seconds: 20, rounds: 3, warmUp: 1_000 };

installPeers();
const servers = await bundle('server');
await withWorld(isShort ? 100_000 : 1_000_000, (world) => measureHttp(servers, world, sizes));
