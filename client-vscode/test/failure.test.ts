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

test('the words of an answer without use are one step away, and a setting is opened where it is', () => {
  const { message, steps } = asFailure(new ResponseError(-32803, 'custom/default gave no usable answer.', { kind: 'invalid_response', requestId: 'r' }));
  assert.equal(message, 'custom/default gave no usable answer.');
  assert.deepEqual(steps, [{ title: 'Show Answer', command: 'aurelis.showAnswer', arguments: [{ requestId: 'r' }] }]);
  assert.deepEqual(asFailure(new ResponseError(-32803, 'x', { kind: 'invalid_response' })).steps[0]?.title, 'Show Log');
  assert.deepEqual(asFailure(new ResponseError(-32803, 'x', { kind: 'excluded' })).steps[0]?.arguments, ['aurelis.privacy']);
});

test('what was cancelled is no failure', () => {
  assert.ok(isCancellation(new ResponseError(LSPErrorCodes.RequestCancelled, 'no')));
  assert.ok(!isCancellation(new ResponseError(-32803, 'no')));
});
