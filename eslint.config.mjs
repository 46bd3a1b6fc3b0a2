import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * The house plan as a lint rule: what the files of a room may import, besides node: modules and their own room.
 * `local` are paths below src/, `beside` are folders next to an inner room, `packages` come from npm. Composition (main, gateway, demo) may import anything.
 */
const HEART = ['errors.js', 'calls/.*'];
/** Who asks, and what is left of their limit: what `http/` must know of those rooms. */
const CALLERS = ['access/caller.js', 'limits/limits.js'];
const rooms = [
  { files: 'errors.ts', local: [], packages: [] },
  { files: 'logger.ts', local: [], packages: ['pino'] },
  { files: 'secret-files.ts', local: [], packages: [] },
  {
    files: 'config.ts',
    local: [
      'calls/.*',
      'cache/redis/redis-url.js',
      'config/.*',
      'secret-files.js',
      'tracing/otlp-headers.js',
    ],
    packages: ['zod'],
  },
  {
    files: 'config/*',
    local: ['access/caller.js', 'cache/keys.js', 'config.js', 'secret-files.js'],
    packages: ['zod', 'jose', 'proxy-addr'],
  },
  {
    files: 'access/*',
    local: ['errors.js', 'calls/event-log.js', 'calls/line-limit.js', 'config/.*'],
    packages: ['jose', 'lru-cache', 'proxy-addr'],
  },
  {
    files: 'accounts/*',
    local: [
      'cache/keys.js',
      'calls/.*',
      'callfire/[^/]*',
      'config/accounts-file.js',
      'http/passthrough/passthrough.js',
      'http/served-account.js',
      'tracing/tracing.js',
    ],
    packages: ['pino'],
  },
  {
    files: 'in-force.ts',
    local: [
      'access/authenticator.js',
      'accounts/.*',
      'calls/event-log.js',
      'config.js',
      'config/.*',
      'reload.js',
    ],
    packages: [],
  },
  {
    files: 'reload.ts',
    local: ['calls/event-log.js', 'config.js', 'config/access.js', 'file-watch.js'],
    packages: [],
  },
  { files: 'file-watch.ts', local: [], packages: [] },
  {
    files: 'consumer.ts',
    local: ['access/consumer-args.js', 'access/consumer-command.js', 'access/consumers-book.js'],
    packages: [],
  },
  { files: 'calls/*', local: ['errors.js'], packages: [] },
  { files: 'callfire/*', local: HEART, packages: ['undici', 'tinypool'] },
  { files: 'callfire/connection/*', local: HEART, packages: ['undici'] },
  { files: 'callfire/document/*', local: HEART, beside: ['xml'], packages: [] },
  { files: 'callfire/xml/*', local: HEART, packages: ['fast-xml-parser'] },
  { files: 'cache/*', local: HEART, packages: ['lru-cache'] },
  { files: 'cache/redis/*', local: HEART, packages: ['ioredis'] },
  { files: 'http/*', local: [...HEART, ...CALLERS], packages: ['express'] },
  {
    files: 'limits/*',
    local: ['access/caller.js', 'cache/redis/redis-access.js'],
    packages: ['ioredis', 'lru-cache', 'rate-limiter-flexible'],
  },
  {
    files: 'ops/*',
    local: [...HEART, 'access/caller.js', 'config.js', 'config/.*', 'http/[^/]*'],
    packages: ['express', 'prom-client'],
  },
  { files: 'http/passthrough/*', local: HEART, packages: ['express', 'http-proxy-middleware'] },
  {
    files: 'tracing/*',
    local: [
      ...HEART,
      'access/caller.js',
      'callfire/fetch-trace.js',
      'config.js',
      'http/cache-status.js',
      'http/gateway-response.js',
      'http/served-account.js',
    ],
    packages: ['@opentelemetry/.*'],
  },
  {
    files: 'workers/*',
    local: [
      'calls/event-log.js',
      'config.js',
      'config-reader.js',
      'gateway.js',
      'http/connection-source.js',
      'http/health.js',
      'logger.js',
      'tracing/tracing.js',
      'errors.js',
      'ops/.*',
    ],
    packages: [],
  },
  { files: 'simulator/*', local: [], packages: [] },
];

const arrows = rooms.map(({ files, local, beside = [], packages }) => {
  // `calls/*` is one folder below src/, `cache/redis/*` two: that many steps up leave the room.
  const depth = files.split('/').length - 1;
  const up = '\\.\\./'.repeat(depth) || '\\./';
  const own = depth === 0 ? [] : ['\\./.*', ...beside.map((folder) => `\\.\\./${folder}/.*`)];
  const allowed = [
    'node:.*',
    ...own,
    ...local.map((path) => up + path.replace(/[.](?!\*)/g, '\\.')),
    ...packages,
  ];
  const message = 'The house plan in eslint.config.mjs does not draw this arrow.';
  return {
    files: [`src/${files}`],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: `^(?!(?:${allowed.join('|')})$)`, message }] },
      ],
    },
  };
});

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts', 'src/config.ts', 'src/consumer.ts', 'src/demo.ts', 'src/simulator/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only main.ts and config.ts read the environment.' },
      ],
    },
  },
  ...arrows,
);
