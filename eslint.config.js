import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores(['**/node_modules/', '**/dist/', 'coverage/', 'data/', '.cache/']),
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
    // Programs for the terminal speak through it.
    files: ['scripts/**/*.ts', 'test/crash/**/*.ts', 'electron/packaging/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
)
