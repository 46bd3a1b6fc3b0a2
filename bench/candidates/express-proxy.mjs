import express from 'express';
import { XMLParser } from 'fast-xml-parser';
import { createProxyMiddleware, responseInterceptor } from 'http-proxy-middleware';
import { Agent } from 'node:http';

/** The usual build without a cache: Express, http-proxy-middleware's `responseInterceptor` and fast-xml-parser. */
const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', removeNSPrefix: true });

async function toJson(body, _upstreamResponse, _request, response) {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  return JSON.stringify(parser.parse(body.toString('utf8')).Resource.Call);
}

const proxy = createProxyMiddleware({
  target: process.env.UPSTREAM,
  pathFilter: '/calls/**',
  pathRewrite: { '^/calls/': '/call/' },
  auth: 'login:password',
  agent: new Agent({ keepAlive: true }),
  changeOrigin: true,
  selfHandleResponse: true,
  on: { proxyRes: responseInterceptor(toJson) },
});

express().use(proxy).listen(process.env.PORT, '127.0.0.1');
