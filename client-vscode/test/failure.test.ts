import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver-protocol';
import { asFailure, Failure, isCancellation, isDisconnection } from '../src/failure';

test('a server that went away is said so, and not in the words of a library', () => {
  for (const code of [ErrorCodes.PendingResponseRejected, ErrorCodes.ConnectionInactive]) {
    const error = new ResponseError(code, 'Pending response rejected since connection got disposed');
    assert.ok(isDisconnection(error));
    assert.match(asFailure(error).message, /ended before it answered/);
  }
});

test('a failure of the server keeps its sentence and gets the steps of its kind', () => {
  const failure = asFailure(new ResponseError(-32803, 'the token was refused.', { kind: 'auth' }));
  assert.equal(failure.message, 'The token was refused.');
  assert.deepEqual(
    failure.steps.map(({ title }) => title),
    ['Sign In', 'Show Log'],
  );
  assert.equal(asFailure(failure), failure);
  for (const named of ['custom/default gave no usable answer.', 'llama.cpp cannot be reached.', 'providers.custom.baseUrl: wrong.'])
    assert.equal(asFailure(new Error(named)).message, named);
  assert.deepEqual(new Failure('x', []).steps, []);
});

test('what was cancelled is no failure', () => {
  assert.ok(isCancellation(new ResponseError(LSPErrorCodes.RequestCancelled, 'no')));
  assert.ok(!isCancellation(new ResponseError(-32803, 'no')));
});
