import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The house plan as a lint rule: what the files of a room may import, besides node: modules and their own room.
 * `local` are relative paths, `packages` come from npm. Composition (main, gateway, demo) may import anything.
 */
const rooms = [
  { files: ['src/errors.ts'], local: [], packages: [] },
  { files: ['src/logger.ts'], local: ['./calls/event-log.js'], packages: ['pino'] },
  { files: ['src/config.ts'], local: ['./calls/.*'], packages: ['zod'] },
  { files: ['src/calls/**'], local: ['../errors.js'], packages: [] },
  {
    files: ['src/callfire/**'],
    local: ['../errors.js', '../calls/.*'],
    packages: ['fast-xml-parser', 'undici'],
  },
  { files: ['src/cache/**'], local: ['../errors.js', '../calls/.*'], packages: ['ioredis', 'lru-cache'] },
  {
    files: ['src/http/**'],
    local: ['../errors.js', '../calls/.*'],
    packages: ['express', 'http-proxy-middleware'],
  },
  { files: ['src/simulator/**'], local: [], packages: [] },
];

const literal = (text) => text.replace(/[.](?!\*)/g, '\\.');

const arrows = rooms.map(({ files, local, packages }) => {
  const inRoom = files[0].endsWith('**') ? ['\\./.*'] : [];
  const allowed = ['node:.*', ...inRoom, ...local.map(literal), ...packages].join('|');
  return {
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?!(?:${allowed})$)`,
              message: 'The house plan in eslint.config.mjs does not draw this arrow.',
            },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
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
    ignores: ['src/main.ts', 'src/config.ts', 'src/demo.ts', 'src/simulator/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only main.ts and config.ts read the environment.' },
      ],
    },
  },
  ...arrows,
);
