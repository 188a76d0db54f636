import { createApp } from './app.ts';

createApp().then((app) => app.listen(Number(process.env.PORT), '127.0.0.1'));
