// Every test of this folder, one after the other.
await import('./paging.mjs');
await import('./search.mjs');
await import('./errors.mjs');
await import('./aggregates.mjs');
await import('./findings.mjs');
