/** The path that stands for CallFire's base URL. */
export const PASSTHROUGH_PREFIX = '/api/1.1/rest';
