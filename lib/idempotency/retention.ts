/** How long a response can be replayed. */
export const retentionHours = 24;
