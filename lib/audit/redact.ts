// In lower case.
const secretFields = new Set(['password', 'passwordhash', 'token', 'secret']);

/** The value of a field as the audit trail may keep it: secrets in it, at any depth, are `[redacted]`. */
export function redact(field: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  const text = JSON.stringify({ [field]: value }, (key, inner) =>
    secretFields.has(key.toLowerCase()) ? '[redacted]' : inner,
  );
  return JSON.parse(text)[field];
}
