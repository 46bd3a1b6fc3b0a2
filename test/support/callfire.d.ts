/** CallFire's SDK for Node has no types of its own; this is what the tests use of it. */
declare module 'callfire' {
  type Answered = (answer: string) => void;
  interface CallClient {
    base_path: string;
    GetCall(id: string, answered: Answered): unknown;
    QueryCalls(query: object, answered: Answered): unknown;
    SendCall(call: object, answered: Answered): unknown;
  }
  // eslint-disable-next-line no-restricted-exports -- the package is CommonJS and exports one function
  export default function callfire(login: string, password: string, type: 'Call'): CallClient;
}
