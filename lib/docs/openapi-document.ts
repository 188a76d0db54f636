/** The parts of the OpenAPI document that we read back; functions/generate.ts writes it. */
export type OpenApiDocument = {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
};

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly 'x-access': string;
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly $ref?: string }>>;
}
