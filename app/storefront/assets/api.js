/** The shop's API, as far as its pages need it. */

/** An answer that is a problem document (RFC 9457), or no answer at all. */
export class ApiError extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

let accessToken = () => undefined;
let renew = async () => false;

/** Say where the access token comes from, and what gets another one once it has expired and tells whether it did. */
export function setAuthorization(token, renewal) {
  accessToken = token;
  renew = renewal;
}

async function send(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ title: "The shop cannot be reached. Try again in a moment." });
  }
}

async function call(path, options) {
  return read(await send(path, options));
}

async function read(answer) {
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => ({ title: `The shop answered with ${answer.status}.` }));
  if (!answer.ok) throw new ApiError(body);
  return body;
}

/** Call as who has signed in; with an expired token a second time, with another. */
async function callSignedIn(path, { headers, ...options } = {}) {
  const once = () => send(path, { ...options, headers: { ...headers, authorization: `Bearer ${accessToken()}` } });
  let answer = await once();
  if (answer.status === 401 && (await renew())) answer = await once();
  return read(answer);
}

const json = (content, headers) => ({
  method: "POST",
  body: JSON.stringify(content),
  headers: { "content-type": "application/json", ...headers },
});

export const listCategories = () => call("/products/categories");

/** A page of products; `next` of the answer is the cursor of the page that follows. */
export function listProducts({ q, category, cursor }, signal) {
  const query = new URLSearchParams({ limit: 24 });
  for (const [name, value] of Object.entries({ q, category, cursor })) if (value) query.set(name, value);
  return call(`/products?${query}`, { signal });
}

export const readProduct = (id) => call(`/products/${id}`);

export const listBestSellers = () => call("/products/best-sellers?window=week");

export const payOrder = (id, cardNumber) => callSignedIn(`/orders/${id}/payment`, json({ card_number: cardNumber }));

export const readOrder = (id) => callSignedIn(`/orders/${id}`);

let attempt = {};

/** Place an order. Sent again because no answer came, it is the same order to the shop, not a second one. */
export async function placeOrder(email, lines) {
  const order = { customer_email: email, lines };
  const content = JSON.stringify(order);
  if (attempt.content !== content) attempt = { content, key: crypto.randomUUID() };
  try {
    const placed = await callSignedIn("/orders", json(order, { "idempotency-key": attempt.key }));
    attempt = {};
    return placed;
  } catch (error) {
    if (error.problem?.status < 500) attempt = {};
    throw error;
  }
}

export const register = (email, password) => call("/accounts", json({ email, password }));

export const confirmAddress = (email, code) => call("/accounts/confirm", json({ email, code }));

export const resendCode = (email) => call("/accounts/resend-code", json({ email }));

export const signIn = (email, password) => call("/accounts/sign-in", json({ email, password }));

export const refresh = (refreshToken) => call("/accounts/refresh", json({ refresh_token: refreshToken }));

export const signOut = (refreshToken) => call("/accounts/sign-out", json({ refresh_token: refreshToken }));
