import * as z from 'zod';

export const TotpEnrolment = z
  .object({
    secret: z.string().meta({
      description: 'In base32, to type into an authenticator app. Shown once.',
      example: 'JBSWY3DPEHPK3PXP',
    }),
    otpauthUri: z.string().meta({
      description: 'The same as a URI, to show as a QR code.',
      example: 'otpauth://totp/Plinth:ada@example.com?secret=JBSWY3DPEHPK3PXP',
    }),
  })
  .meta({ id: 'TotpEnrolment' });
export type TotpEnrolment = z.output<typeof TotpEnrolment>;

export const sixDigits = /^\d{6}$/;

export const ConfirmTotpInput = z
  .strictObject({
    code: z
      .string()
      .regex(sixDigits, 'must be six digits')
      .meta({ description: 'What the authenticator app shows now.', example: '123456' }),
  })
  .meta({ id: 'ConfirmTotpInput' });
export type ConfirmTotpInput = z.output<typeof ConfirmTotpInput>;

/** What proves the second factor, wherever it is asked for. */
export const SecondFactorCode = z.string().min(6).max(40).meta({
  description: 'The six digits of the authenticator app, or a recovery code. Either works once.',
  example: '123456',
});

export const RecoveryCodes = z
  .object({
    recoveryCodes: z
      .array(z.string().meta({ example: 'k3vd-7hqa-x2mf-p6tz-wn4y-bc5r' }))
      .meta({ description: 'Ten codes that stand in for the app, each once. Shown only here.' }),
  })
  .meta({ id: 'RecoveryCodes' });
export type RecoveryCodes = z.output<typeof RecoveryCodes>;

export const TotpStatus = z
  .object({
    isEnrolled: z.boolean().meta({ description: 'Whether log-ins need a code.' }),
    recoveryCodesLeft: z.int(),
  })
  .meta({ id: 'TotpStatus' });
export type TotpStatus = z.output<typeof TotpStatus>;
