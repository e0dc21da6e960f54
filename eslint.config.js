import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    '**/dist/',
    'coverage/',
    'data/',
    '.cache/',
    'renderer/src/paraglide/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.js'],
    extends: [js.configs.recommended],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A union that grows a member must not fall through silently; a `default` that handles the
      // rest of an open set (status codes, media types) is a decision and stays allowed.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports' },
      ],
      // Numbers read well in messages and addresses, and print the same everywhere.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => void work()` and `() => list.push(x)` as callbacks are plain, not confused.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // `_req` says that a position is needed and its value is not.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Interfaces ask for promises; an implementation that has nothing to wait for still keeps them.
      '@typescript-eslint/require-await': 'off',
      // `while (true)` with a return inside is the plainest form of some read loops.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // The type parser already knows; the untyped rule misreads globals of Node.
      'no-undef': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // The pages' line to the main process, and the way out of the program, each in one file only.
    files: ['electron/**/*.ts'],
    ignores: ['electron/src/preload.ts', 'electron/src/electron-shell.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'electron', importNames: ['ipcRenderer', 'contextBridge', 'shell'] }] },
      ],
    },
  },
  {
    // Types inside components are svelte-check's; what is left to lint needs none.
    files: ['**/*.svelte'],
    extends: [tseslint.configs.strict, svelte.configs.recommended],
    languageOptions: {
      parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      'no-undef': 'off',
      'no-unused-vars': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Pages ask through src/api.' }],
      'svelte/no-at-html-tags': 'error',
      'svelte/no-navigation-without-resolve': 'off',
      'svelte/button-has-type': 'error',
      'svelte/no-target-blank': 'error',
      'svelte/no-inline-styles': ['error', { allowTransitions: true }],
      'svelte/prefer-svelte-reactivity': 'error',
      'svelte/require-each-key': 'error',
    },
  },
  {
    files: ['renderer/src/**/*.ts'],
    ignores: ['renderer/src/api/**'],
    rules: {
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Pages ask through src/api.' }],
    },
  },
  {
    // Programs for the terminal speak through it.
    files: [
      'scripts/**/*.ts',
      'test/crash/**/*.ts',
      'test/e2e/screenshots.ts',
      'electron/packaging/**/*.ts',
      'renderer/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
)
