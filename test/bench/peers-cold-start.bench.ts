import { bundle, installPeers } from './candidates/build.ts';
import { measureColdStart } from './candidates/measure-cold-start.ts';
import { withWorld } from './candidates/world.ts';
import { isShort } from './outcome.ts';

// Size, initialization and first answer of what peers.bench.ts compares, under AWS's runtime client.
installPeers();
const bundles = await bundle('lambda');
await withWorld(10_000, (world) => measureColdStart(bundles, world, isShort ? 7 : 25));
