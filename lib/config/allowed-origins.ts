const originPattern = /^https?:\/\/[\w.-]+(:\d+)?\/?$/i;

/** The members of a list with commas between them. */
export function splitList(list: string): string[] {
  return list
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
}

/** Whether it is an address without a path; no wildcard is one, nor `null`, the origin of every sandboxed page. */
export function isOrigin(address: string): boolean {
  return originPattern.test(address) && URL.canParse(address);
}

/** An origin as browsers write it. */
export function toOrigin(address: string): string {
  return new URL(address).origin;
}

let allowed: ReadonlySet<string> | undefined;

/** ALLOWED_ORIGINS, for functions that have no configuration either: static ones get no secret. Read on first use; never throws. */
export function getAllowedOrigins(): ReadonlySet<string> {
  allowed ??= new Set(
    splitList(process.env.ALLOWED_ORIGINS ?? '')
      .filter(isOrigin)
      .map(toOrigin),
  );
  return allowed;
}

/** For tests: the environment is read again. */
export function forgetAllowedOrigins(): void {
  allowed = undefined;
}
