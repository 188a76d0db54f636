/* global SwaggerUIBundle */
// Runs in browsers, as it stands: /docs loads it behind Swagger UI.

const form = document.getElementById('log-in');
const outcome = document.getElementById('log-in-outcome');

// Swagger UI has the colours of a dark page, but leaves it to the page to ask for them.
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', prefersDark.matches);
prefersDark.addEventListener('change', followScheme);
followScheme();

const ui = SwaggerUIBundle({
  dom_id: '#operations',
  url: '/openapi.json',
  // Would send the document to a service of its maker.
  validatorUrl: null,
  deepLinking: true,
  // Each click renders anew all operations that are shown: with those of one area a phone keeps up.
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  requestInterceptor: withAntiForgeryToken,
  // Its own parses the whole document anew for each operation that is opened, which takes seconds.
  plugins: [() => ({ fn: { resolveSubtree } })],
  onComplete() {
    form.hidden = false;
  },
});

if (['localhost', '127.0.0.1'].includes(location.hostname)) {
  // What `npm start` seeds.
  form.elements.email.value = 'demo@plinth.local';
  form.elements.password.value = 'plinth-demo';
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { code, ...input } = Object.fromEntries(new FormData(form));
  const answer = await logIn(code ? { ...input, code } : input);
  outcome.textContent = answer.accessToken
    ? `Logged in as ${input.email}: requests from this page carry your token for ${answer.expiresIn / 60} minutes.`
    : answer.detail;
  // The same as a token in the dialog "Authorize".
  if (answer.accessToken) ui.preauthorizeApiKey('bearer', answer.accessToken);
});

/** The tokens, or a problem. */
async function logIn(input) {
  try {
    const response = await fetch('/api/v1/auth/login', {
      method: 'POST',
      // The page has the token: a cookie would go on to answer for who has left by "Authorize".
      credentials: 'omit',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    return await response.json();
  } catch {
    return { detail: 'The server does not answer. Try again.' };
  }
}

/** A write with the cookies of a log-in is refused without it; next to a token in a header it does nothing. */
function withAntiForgeryToken(request) {
  const [, token] = /(?:^|; )(?:__Host-)?csrf_token=([^;]*)/.exec(document.cookie) ?? [];
  if (token && request.method !== 'GET') request.headers['X-CSRF-Token'] = token;
  return request;
}

/** What is at a path of the document, with what it refers to in the place of references. */
async function resolveSubtree(document, path) {
  return { errors: [], spec: resolve(follow(document, path), document, []) };
}

function resolve(value, document, within) {
  if (Array.isArray(value)) return value.map((item) => resolve(item, document, within));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...others } = value;
  if (typeof $ref !== 'string') {
    const { allOf = [], ...own } = mapValues(value, (member) => resolve(member, document, within));
    return [...allOf, own].reduce(merge);
  }
  // A shape within itself stays a reference.
  if (within.includes($ref)) return value;
  const names = $ref.slice('#/'.length).split('/');
  const target = resolve(follow(document, names), document, [...within, $ref]);
  return { ...target, ...others, $$ref: $ref };
}

function merge(one, other) {
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  if (one === null || typeof one !== 'object' || typeof other !== 'object') return other;
  const both = { ...one, ...other };
  return mapValues(both, (member, name) =>
    name in one && name in other ? merge(one[name], other[name]) : member,
  );
}

function follow(document, path) {
  return path.reduce((value, name) => value?.[name], document);
}

function mapValues(object, toValue) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value, name)]));
}
