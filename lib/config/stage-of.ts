import { type Stage, stages } from './schema.ts';

const preview = /^preview-\d{1,6}$/;

/** Which rules hold in a stage that is deployed under this name: its own, or those of `test` for the preview of a pull request; undefined for any other name. */
export function stageOf(name: string): Stage | undefined {
  return preview.test(name) ? 'test' : stages.find((stage) => stage === name);
}
