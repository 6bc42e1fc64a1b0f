import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/', 'node_modules/', '.parley/', '.stryker-tmp/', 'coverage/'] },
  js.configs.recommended,
  // A longer file has held a second concept each time that one was looked at.
  { rules: { 'max-lines': ['error', 300] } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Nest modules are classes whose only content is their decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // Checked indexing makes `!` the plain way to say "this index was just tested".
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'UpdateExpression > TSNonNullExpression',
          message: 'StrykerJS fails at `x!++`, and no mistakes are made in the file: write `x! += 1`.',
        },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' } },
  },
  {
    files: ['apps/web/example/*.{js,mjs}'],
    languageOptions: { globals: { document: 'readonly', fetch: 'readonly', location: 'readonly' } },
  },
  prettier,
);
