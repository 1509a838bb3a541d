import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { formatMessage, parseMessage } from "../../cli/explain/message.ts";
import { requestOf, responseOf } from "../../cli/explain/recording.ts";

const parse = (text: string | Uint8Array) => parseMessage(Buffer.from(text), "a.http");
const bodyOf = (text: string) => Buffer.from(parse(text).body).toString();

describe("raw messages", () => {
  it.each(["\n", "\r\n"])("are read with %j line ends", (end) => {
    const lines = ["POST /v1 HTTP/1.1", "Host: a.example", "X-Two:  b  c ", "", "line\nline\r\n"];
    const message = parse(lines.join(end));
    expect(message.startLine).toBe("POST /v1 HTTP/1.1");
    expect(message.headers).toEqual([
      ["host", "a.example"],
      ["x-two", "b  c"],
    ]);
    expect(Buffer.from(message.body).toString()).toBe("line\nline\r\n");
    expect(message.notes).toEqual([]);
  });

  it("may have no body, and no line end after their head", () => {
    for (const text of ["GET / HTTP/1.1", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n"]) {
      expect(parse(text)).toMatchObject({ startLine: "GET / HTTP/1.1", headers: [], notes: [] });
      expect(parse(text).body.length).toBe(0);
    }
  });

  it("keep every byte of a body that is no text", () => {
    const bytes = Buffer.from([0x0a, 0x0d, 0x00, 0xff, 0xc3, 0x0a]);
    const message = parse(Buffer.concat([Buffer.from("HTTP/1.1 200\n\n"), bytes]));
    expect([...message.body]).toEqual([...bytes]);
  });

  it("lose the connection's own fields and keep the order of the others", () => {
    const fields = "b: 1\nConnection: close\na: 2\nKeep-Alive: 5\nb: 3\nte: trailers\n";
    const { headers } = parse(`GET / HTTP/1.1\n${fields}\n`);
    expect(headers.map((field) => field.join("="))).toEqual(["b=1", "a=2", "b=3"]);
  });

  it("are taken whole when content-length is wrong, which is said", () => {
    for (const [said, body] of [
      ["3", "four"],
      ["9", "four"],
    ]) {
      const message = parse(`POST / HTTP/1.1\ncontent-length: ${said}\n\n${body}`);
      expect(Buffer.from(message.body).toString()).toBe(body);
      expect(message.headers).toEqual([["content-length", "4"]]);
      const note = `a.http: content-length says ${said}, but the body has 4 bytes`;
      expect(message.notes).toEqual([note]);
    }
  });

  it("lose the line end that an editor put last, and nothing else", () => {
    expect(bodyOf("POST / HTTP/1.1\ncontent-length: 4\n\nfour\n")).toBe("four");
    expect(bodyOf("POST / HTTP/1.1\ncontent-length: 4\n\nfour\r\n")).toBe("four");
    expect(bodyOf("POST / HTTP/1.1\n\nfour\n")).toBe("four\n");
  });

  it("are joined when they are in chunks, with extensions and trailers", () => {
    const chunks = "4;x=1\r\nfour\r\n0A\r\n and more.\r\n0\r\nX-End: yes\r\n\r\n";
    const message = parse(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    expect(Buffer.from(message.body).toString()).toBe("four and more.");
    expect(message.trailers).toEqual([["x-end", "yes"]]);
    expect(message.headers).toEqual([]);
    expect(message.notes).toEqual([]);
  });

  it("are taken as they stand when a recorder has joined the chunks already, which is said", () => {
    for (const body of [
      '{"a":1}',
      "data: {}\n\ndata: [DONE]\n\n",
      "9\nshort",
      "4\nlonger\n0\n",
      "abc",
    ]) {
      const message = parse(`HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n${body}`);
      expect(Buffer.from(message.body).toString()).toBe(body);
      expect(message.notes).toEqual(["a.http: the body is not in chunks any more"]);
    }
  });

  it("tell of a last chunk that is missing", () => {
    const message = parse("HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n4\nfour\n");
    expect(Buffer.from(message.body).toString()).toBe("four");
    expect(message.notes).toEqual(["a.http: the last chunk is missing"]);
  });

  it("may follow interim responses", () => {
    const text =
      "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nlink: x\n\nHTTP/1.1 200 OK\n\nok";
    expect(parse(text).startLine).toBe("HTTP/1.1 200 OK");
    expect(bodyOf(text)).toBe("ok");
  });

  it("are refused with the line that is no header", () => {
    expect(() => parse("")).toThrow("a.http is empty.");
    expect(() => parse("GET / HTTP/1.1\nno colon\n\n")).toThrow('a.http: "no colon" is no header');
    expect(() => parse("GET / HTTP/1.1\nbad name: x\n\n")).toThrow("is no header line");
  });

  it("are written back as they were read", () => {
    const text = "POST /v1 HTTP/1.1\r\nx-name: Zoë\r\n\r\nçedille";
    const { startLine, headers, body } = parse(text);
    expect(formatMessage(startLine, headers, body)).toBe(text);
  });
});

describe("recorded requests", () => {
  const request = (text: string) => requestOf(parse(text), "a.http");

  it("name method, path and host", () => {
    expect(request("POST /v1/x?y=1 HTTP/1.1\nhost: a.example\nx: 1\n\n")).toEqual({
      method: "POST",
      path: "/v1/x?y=1",
      authority: "a.example",
      headers: [["x", "1"]],
    });
  });

  it("may be in absolute form, or name no version", () => {
    const found = request("POST https://b.example:8443/v1?q HTTP/1.1\nhost: a.example\n\n");
    expect(found).toMatchObject({ path: "/v1?q", authority: "b.example:8443" });
    expect(request("GET /x\n\n")).toEqual({ method: "GET", path: "/x", headers: [] });
  });

  it("are refused without a request line", () => {
    for (const text of ["HTTP/1.1 200 OK\n\n", "{}\n\n", "POST\n\n"]) {
      expect(() => request(text)).toThrow(
        'a.http does not begin with a request line such as "POST',
      );
    }
  });
});

describe("recorded responses", () => {
  const plain = '{"a":"é"}';
  const respond = (head: string, body: string | Uint8Array, accepted?: string) => {
    const bytes = Buffer.concat([Buffer.from(`HTTP/2 200\n${head}\n\n`), Buffer.from(body)]);
    const { body: found, ...rest } = responseOf(parse(bytes), accepted, "a.http");
    return { ...rest, body: Buffer.from(found).toString() };
  };

  it.each([
    ["gzip", gzipSync(plain)],
    ["deflate", deflateSync(plain)],
    ["br", brotliCompressSync(plain)],
  ])("lose an encoding that the gateway did not ask for: %s", (encoding, bytes) => {
    const head = `content-encoding: ${encoding}\ncontent-length: ${bytes.length}`;
    expect(respond(head, bytes, "identity")).toEqual({
      status: 200,
      headers: [["content-length", String(Buffer.byteLength(plain))]],
      body: plain,
      notes: [`a.http: the gateway asks for plain answers, so ${encoding} was undone`],
    });
    expect(respond(head, bytes, `${encoding}, *`).headers[0]).toEqual([
      "content-encoding",
      encoding,
    ]);
  });

  it("lose the name of an encoding that the recorder has undone", () => {
    expect(respond("content-encoding: gzip", plain)).toMatchObject({ headers: [], body: plain });
  });

  it("keep an encoding that cannot be undone, which is said", () => {
    const found = respond("content-encoding: made-up", Buffer.from([0xff, 0xfe]));
    expect(found.headers).toEqual([["content-encoding", "made-up"]]);
    expect(found.notes).toEqual(["a.http: made-up could not be undone"]);
  });

  it("are refused without a status line", () => {
    for (const text of ["GET / HTTP/1.1\n\n", "HTTP/1.1 99\n\n", "HTTP/1.1 abc\n\n"]) {
      expect(() => responseOf(parse(text), undefined, "a.http")).toThrow("status line such as");
    }
  });
});
