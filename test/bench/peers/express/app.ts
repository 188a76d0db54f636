import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { Redis } from 'ioredis';
import { importSPKI, jwtVerify } from 'jose';
import { pinoHttp } from 'pino-http';
import { Histogram } from 'prom-client';
import { RedisStore } from 'rate-limit-redis';
import { ZodError } from 'zod';
import { createProject, listProjects, readProject } from '#peers/queries.ts';
import { ListQuery, NewProject, Project, ProjectPage, ProjectParams } from '#peers/schemas.ts';
import { type Claims, isAllowed, limits, settings } from '#peers/settings.ts';

// Express 5 with what its documentation and that of these packages name: helmet, pino-http, prom-client, express-rate-limit on Redis,
// jose, zod. Express 5 hands what a handler rejects to the error handler.
const redis = new Redis(settings.redisUrl);
const duration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests',
  labelNames: ['method', 'route', 'status'],
});
const { jwtAlgorithm, jwtKey } = settings;
const key = importSPKI(jwtKey, jwtAlgorithm);
key.catch(() => {});

const measure: RequestHandler = (request, response, next) => {
  const end = duration.startTimer();
  response.on('finish', () =>
    end({ method: request.method, route: request.route?.path, status: response.statusCode }),
  );
  next();
};

const authenticate: RequestHandler = async (request, response, next) => {
  const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
  try {
    const { payload } = await jwtVerify(token, await key, {
      algorithms: [jwtAlgorithm],
      issuer: settings.issuer,
      audience: settings.audience,
      typ: 'at+jwt',
    });
    response.locals.claims = payload;
  } catch {
    return void response.status(401).json({ message: 'Unauthorized' });
  }
  next();
};

const authorize: RequestHandler = (request, response, next) => {
  if (isAllowed(response.locals.claims, request.method)) return next();
  response.status(403).json({ message: 'Forbidden' });
};

const limit = (name: 'read' | 'write') =>
  rateLimit({
    windowMs: limits.windowMs,
    limit: limits[name],
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_request, response) => response.locals.claims.sub,
    store: new RedisStore({
      prefix: `express:${name}:`,
      sendCommand: (command, ...args) => redis.call(command, ...args) as never,
    }),
  });

const answerErrors: ErrorRequestHandler = (error, request, response, _next) => {
  if (error instanceof ZodError)
    return void response.status(422).json({ message: 'Validation failed', issues: error.issues });
  if (error.status < 500) return void response.status(error.status).json({ message: error.message });
  request.log.error(error);
  response.status(500).json({ message: 'Internal server error' });
};

export const app = express();
app.use(helmet());
app.use(pinoHttp());
app.use(measure);
app.use(express.json());
app.use('/api/v1/projects', authenticate);
app.get('/api/v1/projects/:id', limit('read'), authorize, async (request, response) => {
  const { id } = ProjectParams.parse(request.params);
  const project = await readProject(response.locals.claims as Claims, id);
  if (!project) return void response.status(404).json({ message: 'Not found' });
  response.json(Project.parse(project));
});
app.get('/api/v1/projects', limit('read'), authorize, async (request, response) => {
  const query = ListQuery.parse(request.query);
  response.json(
    ProjectPage.parse(await listProjects(response.locals.claims as Claims, query.limit, query.cursor)),
  );
});
app.post('/api/v1/projects', limit('write'), authorize, async (request, response) => {
  const input = NewProject.parse(request.body);
  const project = await createProject(response.locals.claims as Claims, input);
  if (!project) return void response.status(409).json({ message: 'Slug is taken' });
  response.status(201).location(`/api/v1/projects/${project.id}`).json(Project.parse(project));
});
app.use(answerErrors);
