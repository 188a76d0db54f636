/** For `cpSync`: a folder without what is built or installed in it. */
export const copyOfSource = {
  recursive: true,
  filter: (path: string) => !/\/lib\/client\/(node_modules|dist)$/.test(path),
};
