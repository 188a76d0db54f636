/** What a developer can put right alone: the message is one sentence that says how, to be shown without a stack. */
export class LocalSetupError extends Error {
  override name = 'LocalSetupError';
}
