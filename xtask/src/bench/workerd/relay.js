// The least that a Worker does to relay: another address, another key.

export default {
  async fetch(request, env) {
    const headers = new Headers(request.headers);
    headers.set("authorization", "Bearer sk-123");
    const { pathname } = new URL(request.url);
    return fetch(env.UPSTREAM + pathname, { method: request.method, headers, body: request.body });
  },
};
