const secretField = /(password|secret|token|hash)$|^(sealed.*|key)$/i;

/** The value of a field as the audit trail may keep it: secrets in it, at any depth, are `[redacted]`. */
export function redact(field: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (secretField.test(field)) return '[redacted]';
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value, (key, inner) => (secretField.test(key) ? '[redacted]' : inner));
  return JSON.parse(text);
}
