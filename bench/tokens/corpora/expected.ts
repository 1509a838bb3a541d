/** What each corpus is known by: an update of a package must not change a text unseen. */
export const expectedCorpora: Record<string, { bytes: number; sha256: string }> = {
  prose: {
    bytes: 1_048_576,
    sha256: "c1af8a3ec73e1fdb2896f6795e31be5e1927f44d95a844b20a0541cc3c2fe0d6",
  },
  speeches: {
    bytes: 1_048_576,
    sha256: "d61896ddd41295ed09fad9caa960e16f695bfcefbde63bfef390452503ab4ef0",
  },
  documents: {
    bytes: 1_048_576,
    sha256: "c5abc636eb9fb7661a70941a121fa35a0e723d758c711353e65ef1fea4140b15",
  },
  code: {
    bytes: 1_048_576,
    sha256: "d2a4e7f6b69a87f76569261d915c54d52ce69ea9e9682df474c9051c74c8bc08",
  },
  chinese: {
    bytes: 1_048_575,
    sha256: "77cc536071682d93c0740d782d7361228663af19074ef56aa288fd60e3057e28",
  },
  japanese: {
    bytes: 255_396,
    sha256: "228fd491e47cd2a3acc457f7a3bb21cb1249cc2e781d873d710a1a406f72441f",
  },
  scripts: {
    bytes: 1_043_356,
    sha256: "43150982febef34e91b2d9dfedea333029a574501924f09dcb5e772c6861718d",
  },
  arabic: {
    bytes: 1_048_575,
    sha256: "d9fee9c95adb2f151bb66caf828b31c4adff444b31a484dfc39d1664bd0a28bb",
  },
  chat: {
    bytes: 1_042_529,
    sha256: "694489a614ff3b069bb65a46418d149e28e424b6ff8cc3512840c7486e4a6b1b",
  },
  requests: {
    bytes: 523_635,
    sha256: "f7c4858f9cb4ed0e986ec6e06cf58f0467f55e91474ad502d582174f3ad43b43",
  },
  "warm-up": {
    bytes: 588_539,
    sha256: "7493b94cabe7a236a2dc482dd169ab8a4ec730dda539bfcef84f37fc937bf1ef",
  },
};
