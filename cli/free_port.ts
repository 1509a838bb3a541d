import { once } from "node:events";
import { createServer } from "node:net";

/** Whether a port of 127.0.0.1 can be listened on at this moment; port 0 always can. */
export async function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
