import * as z from 'zod';
import { type Permission, permissions } from '#lib/auth/permissions.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';

const maxOverlapSeconds = 7 * 24 * 3600;

export const ApiKey = z
  .object({
    id: z.uuid(),
    name: z.string().meta({ example: 'Nightly import' }),
    userId: z.uuid().meta({ description: 'The owner, on whose behalf it acts.' }),
    scopes: z
      .array(z.string().meta({ example: 'projects:read' }))
      .meta({ description: 'What it may do, as far as its owner may.' }),
    createdAt: z.iso.datetime(),
    rotatedAt: z.iso.datetime().nullable().meta({ example: null }),
    previousExpiresAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Until when the secret before the last rotation works.', example: null }),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable().meta({ description: 'To the minute.' }),
  })
  .meta({ id: 'ApiKey' });

export const NewApiKey = ApiKey.extend({
  key: z.string().meta({
    description: 'For the header `X-API-Key`. Shown this once: keep it where you keep secrets.',
    example: 'plk_01980000000070008000000000000b_c2FtcGxl',
  }),
}).meta({ id: 'NewApiKey' });
export type NewApiKey = z.input<typeof NewApiKey>;

export const CreateApiKeyInput = z
  .strictObject({
    name: z.string().trim().min(1).max(100).meta({ example: 'Nightly import' }),
    scopes: z
      .array(z.enum(permissions as [Permission, ...Permission[]]))
      .min(1)
      .max(permissions.length)
      .meta({ description: 'Some of your own permissions.', example: ['projects:read'] }),
    expiresAt: z.iso
      .datetime()
      .max(40)
      .optional()
      .meta({ description: 'Left out: it works until it is revoked.' }),
  })
  .meta({ id: 'CreateApiKeyInput' });
export type CreateApiKeyInput = z.output<typeof CreateApiKeyInput>;

export const RotateApiKeyInput = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(maxOverlapSeconds)
      .default(3600)
      .meta({ description: 'How long the old secret works beside the new one.' }),
  })
  .meta({ id: 'RotateApiKeyInput' });
export type RotateApiKeyInput = z.output<typeof RotateApiKeyInput>;

export const ApiKeyParams = z.object({ id: z.uuid().meta({ description: 'The id of the API key.' }) });

export const ListApiKeysQuery = PageQuery;
export type ListApiKeysQuery = z.output<typeof ListApiKeysQuery>;

export const ApiKeyPage = z
  .object({
    items: z.array(ApiKey),
    nextCursor: NextCursor,
  })
  .meta({ id: 'ApiKeyPage' });
export type ApiKeyPage = z.input<typeof ApiKeyPage>;
