/** A server that listens and never takes a connection: to connect to it times out. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const program = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    process.stdout.write(String(server.address().port));
  });`;

/** A connection that has not come about by then never will. */
const connectedWithinMs = 100;
const connectionsMax = 50;

export interface StuckServer {
  url: string;
  close(): void;
}

/** Stops a listening process and fills its queue; the kernel then drops what else comes. */
export async function startStuckServer(): Promise<StuckServer> {
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const sockets: Socket[] = [];
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    child.kill("SIGKILL");
  };
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  child.kill("SIGSTOP");
  while (sockets.length < connectionsMax) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    sockets.push(socket);
    if (!(await isConnected(socket))) return { url: `http://127.0.0.1:${port}`, close };
  }
  close();
  throw new Error(`the system queued ${connectionsMax} connections for a process that is stopped`);
}

async function isConnected(socket: Socket): Promise<boolean> {
  const patience = AbortSignal.timeout(connectedWithinMs);
  return once(socket, "connect", { signal: patience }).then(
    () => true,
    () => false,
  );
}
