// A Worker of a few lines, to show what workerd does without our code.

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/fetch": {
        const answer = await fetch(searchParams.get("url"));
        return new Response(await answer.arrayBuffer());
      }
      case "/stream": {
        const { readable, writable } = new TransformStream();
        const writer = writable.getWriter();
        writer.write(new TextEncoder().encode("streamed")).then(() => writer.close());
        return new Response(readable);
      }
      default:
        return new Response(`served ${(await request.text()).length}`);
    }
  },
};
