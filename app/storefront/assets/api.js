/** The shop's API, as far as its pages need it. */

/** An answer that is a problem document (RFC 9457), or no answer at all. */
export class ApiError extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
}

async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ title: "The shop cannot be reached. Try again in a moment." });
  }
  const body = await answer.json().catch(() => ({ title: `The shop answered with ${answer.status}.` }));
  if (!answer.ok) throw new ApiError(body);
  return body;
}

export const listCategories = () => call("/products/categories");

/** A page of products; `next` of the answer is the cursor of the page that follows. */
export function listProducts({ q, category, cursor }, signal) {
  const query = new URLSearchParams({ limit: 24 });
  for (const [name, value] of Object.entries({ q, category, cursor })) if (value) query.set(name, value);
  return call(`/products?${query}`, { signal });
}

export const readProduct = (id) => call(`/products/${id}`);

export const readOrder = (id) => call(`/orders/${id}`);

export function placeOrder(email, lines) {
  const body = JSON.stringify({ customer_email: email, lines });
  return call("/orders", { method: "POST", body, headers: { "content-type": "application/json" } });
}
