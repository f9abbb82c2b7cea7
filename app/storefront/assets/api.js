/** The shop's API, as far as its pages need it. */

/** An answer that is a problem document (RFC 9457), or no answer at all; `retryAfter` in seconds, where it is said. */
export class ApiError extends Error {
  constructor(problem, retryAfter = null) {
    super(problem.detail || problem.title);
    this.problem = problem;
    this.retryAfter = retryAfter;
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
    throw new ApiError({ title: "The shop cannot be reached." });
  }
}

async function call(path, options) {
  return read(await send(path, options));
}

async function read(answer) {
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => ({ status: answer.status, title: `The shop answered with ${answer.status}.` }));
  if (!answer.ok) throw refusal(answer, body);
  return body;
}

const refusal = (answer, body) =>
  new ApiError({ status: answer.status, ...body }, Number(answer.headers.get("retry-after")) || null);

/** Send as who has signed in; with an expired token a second time, with another. */
async function sendSignedIn(path, { headers, ...options } = {}) {
  const once = () => send(path, { ...options, headers: { ...headers, authorization: `Bearer ${accessToken()}` } });
  const answer = await once();
  return answer.status === 401 && (await renew()) ? once() : answer;
}

const callSignedIn = async (path, options) => read(await sendSignedIn(path, options));

const json = (content, { method = "POST", headers = {} } = {}) => ({
  method,
  body: JSON.stringify(content),
  headers: { "content-type": "application/json", ...headers },
});

// --- Products ---------------------------------------------------------------------------------------------------

export const listCategories = () => call("/products/categories");

/** A page of products; `next` of the answer is the cursor of the page that follows. */
export function listProducts({ q, category, cursor }, signal) {
  const query = new URLSearchParams({ limit: 24 });
  for (const [name, value] of Object.entries({ q, category, cursor })) if (value) query.set(name, value);
  return call(`/products?${query}`, { signal });
}

export const readProduct = (id, signal) => call(`/products/${id}`, { signal });

/** What was bought most; `window` is today or week. */
export const listBestSellers = (window) => call(`/products/best-sellers?window=${window}`);

/** A page of reviews; `isExact` for who has just changed one, since caches may be a moment behind. */
export function listReviews(id, { cursor, isExact } = {}) {
  const options = isExact ? { cache: "reload", headers: { consistency: "strong" } } : {};
  return call(`/products/${id}/reviews?limit=10${cursor ? `&cursor=${cursor}` : ""}`, options);
}

export const writeReview = (id, review) => callSignedIn(`/reviews/${id}`, json(review, { method: "PUT" }));

export const deleteReview = (id) => callSignedIn(`/reviews/${id}`, { method: "DELETE" });

// --- Cart -------------------------------------------------------------------------------------------------------

export const readCart = () => callSignedIn("/cart");

/** Have the cart hold so many of a product; none takes it out. Sent again, it changes nothing. */
export function setInCart(id, quantity) {
  if (quantity === 0) return callSignedIn(`/cart/lines/${id}`, { method: "DELETE" });
  return callSignedIn(`/cart/lines/${id}`, json({ quantity }, { method: "PUT" }));
}

// --- Orders -----------------------------------------------------------------------------------------------------

let attempt = {};

/** Place an order. Sent again because no answer came, it is the same order to the shop, not a second one. */
export async function placeOrder(email, lines) {
  const order = { customer_email: email, lines };
  const content = JSON.stringify(order);
  if (attempt.content !== content) attempt = { content, key: crypto.randomUUID() };
  try {
    const placed = await callSignedIn("/orders", json(order, { headers: { "idempotency-key": attempt.key } }));
    attempt = {};
    return placed;
  } catch (error) {
    if (error.problem?.status < 500) attempt = {};
    throw error;
  }
}

export const listOrders = (cursor) => callSignedIn(`/orders?limit=20${cursor ? `&cursor=${cursor}` : ""}`);

export const readOrder = (id) => callSignedIn(`/orders/${id}`);

export const payOrder = (id, cardNumber) => callSignedIn(`/orders/${id}/payment`, json({ card_number: cardNumber }));

/** Have an order cancelled, or for staff: shipped, delivered or refunded. */
export const moveOrder = (id, where, content) =>
  callSignedIn(`/orders/${id}/${where}`, content ? json(content) : { method: "POST" });

/** Staff: the couriers who are nearest to a place. */
export const listCouriers = ({ latitude, longitude }) =>
  callSignedIn(`/couriers/nearest?latitude=${latitude}&longitude=${longitude}&limit=10&radius_km=50`);

/** What happens to an order, as an open answer with a stream of events. */
export async function openOrderEvents(id, signal) {
  const answer = await sendSignedIn(`/orders/${id}/events`, { signal, headers: { accept: "text/event-stream" } });
  if (!answer.ok) await read(answer);
  return answer.body;
}

// --- Chat -------------------------------------------------------------------------------------------------------

/** Staff: the rooms, those with the newest messages first. */
export const listRooms = () => callSignedIn("/chat/rooms");

export const listMessages = (room, before) => callSignedIn(`/chat/rooms/${room}/messages?limit=50&before=${before}`);

// --- Accounts ---------------------------------------------------------------------------------------------------

export const register = (email, password) => call("/accounts", json({ email, password }));

export const confirmAddress = (email, code) => call("/accounts/confirm", json({ email, code }));

export const resendCode = (email) => call("/accounts/resend-code", json({ email }));

export const signIn = (email, password) => call("/accounts/sign-in", json({ email, password }));

/** Who a token is: {subject, roles}. */
export const readMe = (token) => call("/accounts/me", { headers: { authorization: `Bearer ${token}` } });

export const refresh = (refreshToken) => call("/accounts/refresh", json({ refresh_token: refreshToken }));

export const signOut = (refreshToken) => call("/accounts/sign-out", json({ refresh_token: refreshToken }));
