export const API_PATH = '/api/1.1/rest';

/** A request as the API sees it. */
export interface ApiRequest {
  readonly method: string;
  /** Below the API's base path, with its leading slash; undefined for a path that is not below it. */
  readonly path: string | undefined;
  /** Without the question mark. */
  readonly query: string;
  /** Of `/call/{id}` and whatever stands below it. */
  readonly callId: string | undefined;
  /** What follows the call id in the path: nothing, `.json`, `/{recording}.mp3`. */
  readonly afterId: string;
}

const CALL_PATH = /^\/call\/([1-9][0-9]{0,18})((?:[./].*)?)$/;

export function parseRequest(method: string, url: string): ApiRequest {
  const mark = url.indexOf('?');
  const whole = mark < 0 ? url : url.slice(0, mark);
  const path = whole.startsWith(`${API_PATH}/`) ? whole.slice(API_PATH.length) : undefined;
  const match = path === undefined ? null : CALL_PATH.exec(path);
  return {
    method,
    path,
    query: mark < 0 ? '' : url.slice(mark + 1),
    callId: match?.[1],
    afterId: match?.[2] ?? '',
  };
}
