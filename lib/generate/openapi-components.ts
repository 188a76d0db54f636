export type Json = Record<string, unknown>;

/** What the operations of the document share; it fills while they are described. */
export interface OpenApiComponents {
  readonly schemas: Json;
  readonly responses: Json;
  readonly parameters: Json;
  readonly examples: Json;
  readonly headers: Json;
}

/** A reference to a component, which is added; throws when the name already means something else. */
export function refer(
  components: OpenApiComponents,
  kind: keyof OpenApiComponents,
  name: string,
  value: Json,
): Json {
  const known = components[kind][name];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value))
    throw new Error(`two ${kind} of the OpenAPI document are called ${name}`);
  components[kind][name] = value;
  return { $ref: `#/components/${kind}/${name}` };
}
