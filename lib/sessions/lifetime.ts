/** A session ends this long after its last use … */
export const idleSeconds = 30 * 60;
/** … and in any case this long after the log-in. */
export const absoluteSeconds = 12 * 60 * 60;
/** Two tabs may refresh at the same moment: within this time a rotated token still works. */
export const rotationGraceSeconds = 10;
/** How long a proof of identity is enough for the most sensitive operations. */
export const stepUpSeconds = 600;
/** Since when a refresh token counts as exchanged that gets no grace, or no more of it: another one has more rights now. */
export const longAgo = new Date(0).toISOString();
