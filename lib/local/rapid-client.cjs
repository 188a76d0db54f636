// Stands in for `rapid-client.node` of aws-lambda-ric, its HTTP client in C++, where that is not compiled (ADR 0030): the same three
// functions. Preloaded by `node --require`; JavaScript, because stripping types would be measured as initialization.
const { existsSync } = require('node:fs');
const { Agent, request } = require('node:http');
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

const nativeClient = './rapid-client.node';
const invocations = '/2018-06-01/runtime/invocation/';
// One connection: what was answered first arrives first.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier !== nativeClient || existsSync(new URL(specifier, context.parentURL)))
      return nextResolve(specifier, context);
    return { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true };
  },
});

exports.next = async function next() {
  const { headers, body } = await send('GET', `${invocations}next`);
  return { headers, bodyJson: body };
};

exports.done = function done(requestId, body) {
  post(`${invocations}${requestId}/response`, body, {});
};

exports.error = function error(requestId, body, xrayCause) {
  post(`${invocations}${requestId}/error`, body, { 'lambda-runtime-function-xray-error-cause': xrayCause });
};

function post(path, body, headers) {
  send('POST', path, body, { 'content-type': 'application/json', ...headers }).catch((failure) => {
    // Nobody is left to work for.
    console.error(failure);
    process.exit(1);
  });
}

function send(method, path, body, headers = {}) {
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host, port, method, path, headers }, (answer) => {
      answer.setEncoding('utf8');
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ headers: answer.headers, body: text }));
      answer.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
