import helmet from '@fastify/helmet';
import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify from 'fastify';
import metrics from 'fastify-metrics';
import { Redis } from 'ioredis';
import { createProject, listProjects, readProject } from '#peers/queries.ts';
import { type Claims, isAllowed, limits, settings } from '#peers/settings.ts';

// Fastify 5 with its own plugins, as their documentation shows: @fastify/helmet, jwt and rate-limit, TypeBox for what comes in and goes
// out, pino inside, fastify-metrics.
const Status = Type.Union(
  ['active', 'paused', 'completed', 'archived'].map((status) => Type.Literal(status)),
);
const NewProject = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    slug: Type.String({ maxLength: 64, pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' }),
    description: Type.String({ maxLength: 4000, default: '' }),
    status: { ...Status, default: 'active' },
    tags: Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { maxItems: 20, default: [] }),
  },
  { additionalProperties: false },
);
const instant = { type: 'string', format: 'date-time' };
const Project = Type.Object({
  id: Type.String({ format: 'uuid' }),
  organizationId: Type.String({ format: 'uuid' }),
  ownerId: Type.String({ format: 'uuid' }),
  name: Type.String(),
  slug: Type.String(),
  description: Type.String(),
  status: Status,
  tags: Type.Array(Type.String()),
  metadata: Type.Object({}, { additionalProperties: true }),
  version: Type.Integer(),
  createdAt: Type.Unsafe<Date>(instant),
  updatedAt: Type.Unsafe<Date>(instant),
  deletedAt: Type.Unsafe<Date | null>({ ...instant, nullable: true }),
});
const ProjectPage = Type.Object({ items: Type.Array(Project), nextCursor: Type.Optional(Type.String()) });

export const app = fastify({
  logger: true,
  ajv: { customOptions: { removeAdditional: false } },
}).withTypeProvider<TypeBoxTypeProvider>();
const { jwtAlgorithm, jwtKey } = settings;
app.register(helmet);
app.register(metrics, { endpoint: null, defaultMetrics: { enabled: false } });
app.register(jwt, {
  secret: { public: jwtKey },
  decode: { checkTyp: 'at+jwt' },
  verify: {
    algorithms: [jwtAlgorithm],
    allowedIss: settings.issuer,
    allowedAud: settings.audience,
    // A token that was seen before is not verified again, nor is it by ours.
    cache: true,
  },
});

app.register(async (routes) => {
  await routes.register(rateLimit, {
    redis: new Redis(settings.redisUrl, { connectTimeout: 500, maxRetriesPerRequest: 1 }),
    nameSpace: 'fastify:',
    max: limits.read,
    timeWindow: limits.windowMs,
    hook: 'preHandler',
    keyGenerator: (request) => (request.user as Claims).sub,
  });
  routes.addHook('onRequest', (request) => request.jwtVerify());
  routes.addHook('onRequest', async (request, reply) => {
    if (!isAllowed(request.user as Claims, request.method))
      return reply.code(403).send({ message: 'Forbidden' });
  });
  const typed = routes.withTypeProvider<TypeBoxTypeProvider>();

  typed.get(
    '/api/v1/projects/:id',
    {
      schema: {
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: Project },
      },
    },
    async (request, reply) => {
      const project = await readProject(request.user as Claims, request.params.id);
      return project ?? reply.code(404).send({ message: 'Not found' } as never);
    },
  );
  typed.get(
    '/api/v1/projects',
    {
      schema: {
        querystring: Type.Object(
          {
            limit: Type.Integer({ minimum: 1, maximum: 100, default: 25 }),
            cursor: Type.Optional(Type.String()),
          },
          { additionalProperties: false },
        ),
        response: { 200: ProjectPage },
      },
    },
    (request) => listProjects(request.user as Claims, request.query.limit, request.query.cursor),
  );
  typed.post(
    '/api/v1/projects',
    {
      config: { rateLimit: { max: limits.write } },
      schema: { body: NewProject, response: { 201: Project } },
    },
    async (request, reply) => {
      const project = await createProject(request.user as Claims, request.body as never);
      if (!project) return reply.code(409).send({ message: 'Slug is taken' } as never);
      return reply.code(201).header('location', `/api/v1/projects/${project.id}`).send(project);
    },
  );
});
