import { createServer } from 'node:http';
import { Pool } from 'undici';

/** The least that a miss can cost: passes the request to the upstream and its bytes back, and converts nothing. */
const pool = new Pool(process.env.UPSTREAM, { connections: Number(process.env.CONNECTIONS) });

createServer((request, response) => {
  pool.dispatch(
    { method: 'GET', path: request.url },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, headers) {
        const length = headers['content-length'];
        response.writeHead(status, ['Content-Type', headers['content-type'], 'Content-Length', length]);
      },
      onResponseData: (_controller, chunk) => void response.write(chunk),
      onResponseEnd: () => void response.end(),
      onResponseError: (_controller, error) => void response.destroy(error),
    },
  );
}).listen(process.env.PORT, '127.0.0.1');
