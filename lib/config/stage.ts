/** The stage, for functions that have no configuration either: static ones get no secret. */
export function getStage(): string {
  return process.env.PLINTH_STAGE ?? 'unknown';
}
