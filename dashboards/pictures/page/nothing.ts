/** Stands for the code editor, which no dashboard shows and which is larger than everything else. */
export {};
