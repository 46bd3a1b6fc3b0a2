import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * The command line of an nginx with one worker, `proxy_cache`, an access log and what distributions set (`sendfile`,
 * which costs a system call for so short an answer: without it nginx comes out about a sixth faster).
 */
export function nginxCommand({ directory, port, upstreamPort }) {
  const home = join(directory, 'nginx');
  mkdirSync(home);
  writeFileSync(join(home, 'nginx.conf'), configuration(port, upstreamPort));
  return ['nginx', '-p', home, '-c', 'nginx.conf'];
}

/** The worker stays root where the master is: the directory belongs to whoever runs the comparison. */
function configuration(port, upstreamPort) {
  return `
${process.getuid() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  ${TEMPORARY.map((name) => `${name}_temp_path ${name};`).join(' ')}
  sendfile on;
  tcp_nopush on;
  access_log access.log;
  keepalive_requests 1000000000;
  proxy_cache_path cache keys_zone=calls:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstreamPort};
      proxy_cache calls;
      proxy_cache_valid 200 1d;
      proxy_ignore_headers Cache-Control;
    }
  }
}
`;
}
