/** How bodies are compressed (RFC 9110, 8.4.1): as every browser understands. */
export const codings = ['br', 'gzip'] as const;
export type Coding = (typeof codings)[number];
